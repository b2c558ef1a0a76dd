# Values of R's arima() for tests/test_arima_result.py: Rscript arima_fit.R > arima_fit.csv
#
# The models are those of R's help page ?arima and two more; the series are R's own and are written
# out too. The search is run to the end, and Hessians are taken with small steps and without R's
# transformation of AR coefficients, whose gradient has steps of 1e-3: R's defaults leave three
# digits.
# R 4.2.2.

tight <- function(k) list(reltol = 1e-14, maxit = 2000, ndeps = rep(1e-4, k))

show <- function(model, quantity, names, values)
  cat(sprintf("%s,%s,%s,%.15g\n", model, quantity, names, values), sep = "")

report <- function(model, x, order, seasonal = c(0, 0, 0), xreg = NULL, newxreg = NULL) {
  n_coef <- sum(order[-2]) + sum(seasonal[-2]) + (if (is.null(xreg)) 0 else NCOL(xreg)) +
    (order[2] + seasonal[2] == 0)
  fit <- arima(x, order = order, seasonal = list(order = seasonal), xreg = xreg,
               optim.control = tight(n_coef))
  fit <- arima(x, order = order, seasonal = list(order = seasonal), xreg = xreg, method = "ML",
               init = coef(fit), transform.pars = FALSE, optim.control = tight(n_coef))
  ahead <- predict(fit, n.ahead = 6, newxreg = newxreg)
  show(model, "series", seq_along(x), as.numeric(x))
  if (!is.null(xreg)) show(model, "xreg", seq_along(x), as.numeric(xreg))
  if (!is.null(newxreg)) show(model, "newxreg", seq_along(newxreg), as.numeric(newxreg))
  show(model, "coef", names(coef(fit)), coef(fit))
  show(model, "std_error", names(coef(fit)), sqrt(diag(fit$var.coef)))
  show(model, "fit", c("loglike", "aic", "sigma2"), c(fit$loglik, fit$aic, fit$sigma2))
  show(model, "mean", 1:6, as.numeric(ahead$pred))
  show(model, "forecast_error", 1:6, as.numeric(ahead$se))
}

cat("model,quantity,name,value\n")
report("lh_ar1", lh, c(1, 0, 0))
report("lh_ar3", lh, c(3, 0, 0))
report("lh_arma", lh, c(1, 0, 1))
report("deaths", USAccDeaths, c(0, 1, 1), c(0, 1, 1))
# moved and scaled: at the original size R's search leaves the stationary region
report("huron", LakeHuron - 579, c(2, 0, 0), xreg = (time(LakeHuron) - 1920) / 50,
       newxreg = (1973:1978 - 1920) / 50)
report("presidents", presidents, c(3, 0, 0))
report("presidents_gaps_differenced", presidents, c(0, 1, 1))
report("nile", Nile, c(1, 0, 1))
