# Reference values for tests/test_correlation.py and tests/test_ar.py, from R's own functions.
# Run in this folder: Rscript correlation.R  (it writes correlation.csv; made with R 4.2.2)

data_file <- function(name) read.csv(file.path("..", "..", "data", paste0(name, ".csv")))
nile <- data_file("nile")[[2]]
sunspots <- data_file("sunspots")[[2]]
macro <- data_file("macrodata")
growth <- diff(log(macro$realgdp))
unemployment <- diff(macro$unemp)

gappy <- nile
gappy[c(3, 17, 18, 19, 60, 100)] <- NA
gappy_growth <- growth
gappy_growth[c(1, 40:45, 150)] <- NA

rows <- list()
keep <- function(quantity, lag, value) {
  rows[[length(rows) + 1]] <<- data.frame(
    quantity = quantity, lag = as.integer(lag),
    value = formatC(as.numeric(value), digits = 17, format = "g")
  )
}
keep_acf <- function(quantity, result) keep(quantity, result$lag, result$acf)
keep_ar <- function(quantity, fit, sigma2 = fit$var.pred) {
  keep(paste0(quantity, " coefs"), seq_len(fit$order), fit$ar)
  keep(paste0(quantity, " sigma2"), 0, sigma2)
}

keep_acf("acf nile", acf(nile, plot = FALSE))
keep_acf("acf sunspots", acf(sunspots, lag.max = 60, plot = FALSE))
keep_acf("autocovariance nile", acf(nile, type = "covariance", plot = FALSE))
keep_acf("pacf nile", pacf(nile, plot = FALSE))
keep_acf("pacf sunspots", pacf(sunspots, lag.max = 40, plot = FALSE))
keep_acf("acf gappy nile", acf(gappy, lag.max = 30, na.action = na.pass, plot = FALSE))
keep_acf("pacf gappy nile", pacf(gappy, lag.max = 20, na.action = na.pass, plot = FALSE))
keep_acf("autocovariance gappy nile",
  acf(gappy, lag.max = 30, type = "covariance", na.action = na.pass, plot = FALSE))
keep_acf("ccf growth unemployment", ccf(growth, unemployment, lag.max = 25, plot = FALSE))
keep_acf("ccf gappy growth unemployment",
  ccf(gappy_growth, unemployment, lag.max = 25, na.action = na.pass, plot = FALSE))

# Prewhitening as in Box and Jenkins: one filter, made for the first series, for both.
whitener <- ar.burg(growth, aic = TRUE)
whiten <- function(x, coefs) {
  as.numeric(na.omit(stats::filter(x - mean(x), c(1, -coefs), sides = 1)))
}
keep("prewhitening order", 0, whitener$order)
keep("prewhitening aic", as.integer(names(whitener$aic)), whitener$aic)
keep_acf("ccf prewhitened", ccf(whiten(growth, whitener$ar), whiten(unemployment, whitener$ar),
  lag.max = 25, plot = FALSE))
three <- ar.burg(growth, aic = FALSE, order.max = 3)$ar
keep_acf("ccf prewhitened by AR(3)", ccf(whiten(growth, three), whiten(unemployment, three),
  lag.max = 25, plot = FALSE))

# The noise variance of ar.yw has the divisor n - order - 1; here it is put back to n.
order <- 9
n <- length(sunspots)
yw <- ar.yw(sunspots, aic = FALSE, order.max = order)
keep_ar("ar.yw sunspots", yw, yw$var.pred * (n - order - 1) / n)
keep_ar("ar.burg sunspots", ar.burg(sunspots, aic = FALSE, order.max = order, var.method = 2))
ols <- ar.ols(sunspots, aic = FALSE, order.max = order, demean = TRUE, intercept = TRUE)
keep_ar("ar.ols sunspots", ols, mean(ols$resid^2, na.rm = TRUE))
keep("ar.ols sunspots intercept", 0, ols$x.intercept)
selected <- ar.yw(sunspots, aic = TRUE)
keep("ar.yw sunspots order", 0, selected$order)
keep("ar.yw sunspots aic", as.integer(names(selected$aic)), selected$aic)
keep("ar.ols sunspots residuals", seq_len(20) + order, ols$resid[seq_len(20) + order])

write.csv(do.call(rbind, rows), "correlation.csv", row.names = FALSE, quote = TRUE)
