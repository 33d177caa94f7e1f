"""Tables and pages that are made from the code: settings, models, metrics."""
