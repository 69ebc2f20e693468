"""Pure rules: geometry, features, the cost-plus formula, intervals and words."""
