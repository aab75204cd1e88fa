"""Text to model: settings, policy files, scenario files. The only place that parses what people write."""
