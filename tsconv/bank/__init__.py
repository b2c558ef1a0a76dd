"""Many kernels at once: local features of a series, and the layer of a network that they are.

A `KernelBank` applies each of its kernels to the same series. With the kernels of ARIMA models
(local means, slopes, AR and MA residuals, seasonal differences: `arima_bank`) its outputs are local
features; `KernelBank.pool` sums them up over windows. A finite bank *is* a convolutional layer:
`KernelBank.to_conv1d` and `from_conv1d` exchange weights with deep learning.
"""

from tsconv.bank.features import KernelBank
from tsconv.bank.layers import Conv1dWeights
from tsconv.bank.pooling import STATISTICS
from tsconv.bank.ready import arima_bank

__all__ = ["STATISTICS", "Conv1dWeights", "KernelBank", "arima_bank"]
