"""What is drawn into the plot, one idea per file; `chart.py` stacks them."""
