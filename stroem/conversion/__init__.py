"""Plain data: the JSON that Strøm keeps, and text from elsewhere made safe to show."""
