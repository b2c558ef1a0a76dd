# forecast::auto.arima with its defaults on M3 series: forecasts, 95 % limits, CPU seconds.
#   Rscript m3_auto_arima.R m3.csv order.csv out.csv [seconds]
suppressMessages(library(forecast))
args <- commandArgs(TRUE)
data <- read.csv(args[1]); order <- read.csv(args[2])
out <- file(args[3], "a")
cap <- if (length(args) > 3) as.numeric(args[4]) else Inf
begin <- proc.time()[[3]]
parts <- split(data, data$unique_id)
for (id in order$unique_id) {
  if (proc.time()[[3]] - begin > cap) break
  one <- parts[[id]]
  one <- one[order(one$split != "train", one$t), ]
  train <- ts(one$y[one$split == "train"], frequency = one$freq[1])
  h <- sum(one$split == "test")
  used <- system.time(fit <- auto.arima(train))
  f <- forecast(fit, h = h, level = 95)
  writeLines(paste(id, one$period[1], seq_len(h), f$mean, f$lower[, 1], f$upper[, 1],
                   used[[1]] + used[[2]], gsub(" ", "_", as.character(fit)), sep = ","), out)
  flush(out)
}
