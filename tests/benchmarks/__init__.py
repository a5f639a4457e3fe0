"""What the product costs, line by line, beside limits measured in the same run."""
