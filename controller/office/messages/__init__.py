"""Messages by e-mail or ntfy to those who asked: what is worth one, who wishes it, and how it gets there."""
