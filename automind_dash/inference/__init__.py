"""Prior, campaigns, training, posterior, verification and the store of pretrained estimators."""
