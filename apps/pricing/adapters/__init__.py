"""The outside world of prices: files of models, and XGBoost."""
