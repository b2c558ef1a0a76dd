/* Fourier transforms of LANES sequences side by side, one in each lane.
 *
 * Forward by decimation in frequency, which leaves the spectrum in scrambled order; back by
 * decimation in time, which takes it so. Between the two stands only a product, element by element,
 * so nothing is ever put in order. Radix 4, one last level of radix 2 if the exponent is odd; parts
 * that fit the first cache are finished before the next is begun. */

enum { FN(INNER) = 8 }; /* 2^8 complex vectors of 64 bytes are 32 KiB */

/* twiddles[l]: w^j, w^2j, w^3j for j < 2^l / 4, w = exp(-2 pi i / 2^l), for l = lg, lg - 2, ... */
typedef struct {
    int lg;
    FN(number) *twiddles[48];
} FN(fft);

static int FN(fft_init)(FN(fft) *fft, int lg)
{
    int l;
    memset(fft, 0, sizeof *fft);
    fft->lg = lg;
    for (l = lg; l >= 2; l -= 2) {
        idx size = (idx)1 << l, quarter = size / 4, j;
        int k;
        FN(number) *w = tsc_allocate((size_t)(3 * quarter) * sizeof *w);
        if (!w)
            return 0;
        for (j = 0; j < quarter; j++)
            for (k = 1; k < 4; k++) {
                double angle = -2.0 * TSC_PI * (double)(j * k) / (double)size;
                w[3 * j + k - 1].re = (REAL)cos(angle);
                w[3 * j + k - 1].im = (REAL)sin(angle);
            }
        fft->twiddles[l] = w;
    }
    return 1;
}

static void FN(fft_free)(FN(fft) *fft)
{
    int l;
    for (l = 0; l < 48; l++)
        tsc_release(fft->twiddles[l]);
}

/* Frequency at place p of a scrambled spectrum. */
static idx FN(frequency)(idx p, int lg)
{
    idx k = 0, unit = 1;
    for (; lg >= 2; lg -= 2) {
        idx quarter = (idx)1 << (lg - 2);
        k += p / quarter * unit;
        p %= quarter;
        unit *= 4;
    }
    return lg == 1 ? k + p * unit : k;
}

/* One level over 2^lg elements: x[j], x[j+q], x[j+2q], x[j+3q] -> their transform of length 4. */
static void FN(level_forward)(FN(cvec) *TSC_RESTRICT z, int lg, const FN(number) *TSC_RESTRICT w)
{
    const idx q = (idx)1 << (lg - 2);
    idx j;
    for (j = 0; j < q; j++) {
        const FN(cvec) a = z[j], b = z[j + q], c = z[j + 2 * q], d = z[j + 3 * q];
        const FN(vec) s0r = a.re + c.re, s0i = a.im + c.im, s1r = a.re - c.re, s1i = a.im - c.im;
        const FN(vec) s2r = b.re + d.re, s2i = b.im + d.im;
        const FN(vec) s3r = b.im - d.im, s3i = d.re - b.re; /* -i (b - d) */
        FN(cvec) y1, y2, y3;
        z[j].re = s0r + s2r;
        z[j].im = s0i + s2i;
        y1.re = s1r + s3r;
        y1.im = s1i + s3i;
        y2.re = s0r - s2r;
        y2.im = s0i - s2i;
        y3.re = s1r - s3r;
        y3.im = s1i - s3i;
        z[j + q] = FN(times)(y1, w[3 * j]);
        z[j + 2 * q] = FN(times)(y2, w[3 * j + 1]);
        z[j + 3 * q] = FN(times)(y3, w[3 * j + 2]);
    }
}

static void FN(level_back)(FN(cvec) *TSC_RESTRICT z, int lg, const FN(number) *TSC_RESTRICT w)
{
    const idx q = (idx)1 << (lg - 2);
    idx j;
    for (j = 0; j < q; j++) {
        const FN(cvec) a = z[j], b = FN(times_conj)(z[j + q], w[3 * j]);
        const FN(cvec) c = FN(times_conj)(z[j + 2 * q], w[3 * j + 1]);
        const FN(cvec) d = FN(times_conj)(z[j + 3 * q], w[3 * j + 2]);
        const FN(vec) s0r = a.re + c.re, s0i = a.im + c.im, s1r = a.re - c.re, s1i = a.im - c.im;
        const FN(vec) s2r = b.re + d.re, s2i = b.im + d.im;
        const FN(vec) s3r = d.im - b.im, s3i = b.re - d.re; /* +i (b - d) */
        z[j].re = s0r + s2r;
        z[j].im = s0i + s2i;
        z[j + q].re = s1r + s3r;
        z[j + q].im = s1i + s3i;
        z[j + 2 * q].re = s0r - s2r;
        z[j + 2 * q].im = s0i - s2i;
        z[j + 3 * q].re = s1r - s3r;
        z[j + 3 * q].im = s1i - s3i;
    }
}

static void FN(level_two)(FN(cvec) *z, idx n)
{
    idx b;
    for (b = 0; b < n; b += 2) {
        const FN(cvec) x = z[b], y = z[b + 1];
        z[b].re = x.re + y.re;
        z[b].im = x.im + y.im;
        z[b + 1].re = x.re - y.re;
        z[b + 1].im = x.im - y.im;
    }
}

static void FN(forward)(const FN(fft) *fft, FN(cvec) *z, int lg)
{
    const idx n = (idx)1 << lg;
    if (lg > FN(INNER)) {
        int k;
        FN(level_forward)(z, lg, fft->twiddles[lg]);
        for (k = 0; k < 4; k++)
            FN(forward)(fft, z + ((idx)k << (lg - 2)), lg - 2);
    } else {
        int l;
        idx b;
        for (l = lg; l >= 2; l -= 2)
            for (b = 0; b < n; b += (idx)1 << l)
                FN(level_forward)(z + b, l, fft->twiddles[l]);
        if (lg & 1)
            FN(level_two)(z, n);
    }
}

static void FN(back)(const FN(fft) *fft, FN(cvec) *z, int lg)
{
    const idx n = (idx)1 << lg;
    if (lg > FN(INNER)) {
        int k;
        for (k = 0; k < 4; k++)
            FN(back)(fft, z + ((idx)k << (lg - 2)), lg - 2);
        FN(level_back)(z, lg, fft->twiddles[lg]);
    } else {
        int l;
        idx b;
        if (lg & 1)
            FN(level_two)(z, n);
        for (l = 2 + (lg & 1); l <= lg; l += 2)
            for (b = 0; b < n; b += (idx)1 << l)
                FN(level_back)(z + b, l, fft->twiddles[l]);
    }
}
