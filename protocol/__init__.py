"""Messages between plug-in and engine, and how they travel."""
