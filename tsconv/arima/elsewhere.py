"""What other packages call the things that `ArimaFit` has, for its message on a wrong name."""

CALLED_HERE = {
    # statsmodels
    "summary": "`table()` and `glance()`",
    "resid": "`residuals`",
    "fittedvalues": "`fitted`",
    "predict": "`fitted` for the past and `forecast(steps)` for the future",
    "get_prediction": "`fitted`",
    "get_forecast": "`forecast(steps)`",
    "plot_predict": "`plot(steps)`",
    "conf_int": "`table(level=95)`",
    "bse": "`std_errors`",
    "pvalues": "`table()`",
    "tvalues": "`table()`",
    "arparams": "`params`, or the kernel `coloring`",
    "maparams": "`params`, or the kernel `coloring`",
    "llf": "`loglike`",
    "nobs": "`n_obs`",
    "test_serial_correlation": "`diagnostics()`",
    "test_normality": "`diagnostics()`",
    "test_heteroskedasticity": "`diagnostics()`",
    # R and scikit-learn
    "coef": "`params`",
    "coef_": "`params`",
    "loglik": "`loglike`",
    "tsdiag": "`plot_diagnostics()`",
}
