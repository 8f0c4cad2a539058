"""From values and events to text, JSON and Markdown."""
