"""The bridge itself: what an alert is, how it changes, how each target learns of it.

Knows neither Flask nor Celery nor the environment; whatever it needs is handed to it by a composition root.
"""
