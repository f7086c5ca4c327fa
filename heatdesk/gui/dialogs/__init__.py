"""Windows beside the chart: settings, and pages to read."""
