"""ARIMA models: specification, exact likelihood, estimation, forecasts."""
