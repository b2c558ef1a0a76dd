"""The arithmetic of lag polynomials behind `tsconv.kernel`, on plain arrays."""
