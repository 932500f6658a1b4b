"""The demo office: invented, Russian, the same every time, with life on every page."""
