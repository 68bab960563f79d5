"""Two clips compared: paired, measured, and set side by side on one page."""
