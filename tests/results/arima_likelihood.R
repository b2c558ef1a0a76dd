# Reference values for tests/test_arima_estimate.py; run as: Rscript arima_likelihood.R > arima_likelihood.json
# R 4.2.2. Optimised to tighter tolerance than R's default, from its own CSS start.
control <- list(reltol = 1e-14, maxit = 2000)
num <- function(x) paste0("[", paste(ifelse(is.na(x), "null", format(x, digits = 15, trim = TRUE, scientific = TRUE)), collapse = ", "), "]")
show <- function(name, y, fit, xreg = NULL, last = FALSE) {
  cat(sprintf('"%s": {"y": %s,\n "exog": %s,\n "coef": %s,\n "se": %s,\n "sigma2": %s, "loglik": %s}%s\n', name, num(y),
              if (is.null(xreg)) "null" else num(xreg), num(coef(fit)), num(sqrt(diag(fit$var.coef))), num(fit$sigma2), num(fit$loglik), if (last) "" else ","))
}
cat("{\n")
y <- log(AirPassengers); show("airline", y, arima(y, c(0,1,1), seasonal = c(0,1,1), optim.control = control))
y <- USAccDeaths; show("accidents", y, arima(y, c(0,1,1), seasonal = c(0,1,1), optim.control = control))
y <- presidents; show("presidents", y, arima(y, c(3,0,0), optim.control = control))
y <- LakeHuron; show("huron", y - mean(y), arima(y - mean(y), c(1,0,1), include.mean = FALSE, optim.control = control))
x <- as.numeric(time(LakeHuron)) - 1920
show("huron_trend", y, arima(y, c(2,0,0), xreg = x, optim.control = control), x)
y <- LakeHuron; show("huron_mean", y, arima(y, c(1,0,1), optim.control = control), last = TRUE)
cat("}\n")
