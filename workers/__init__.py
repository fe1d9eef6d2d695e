"""Celery: hints in, use cases done. A hint names a lane or a target; the database decides what is due."""
