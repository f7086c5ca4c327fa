"""What stands beside the chart: one file per panel."""
