"""A run folder made readable: HTML, Markdown, JUnit."""
