"""The estimation model: NumPy and one compiled kernel, pure functions of their inputs, no clock and no I/O."""
