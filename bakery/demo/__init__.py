"""The demo bakery: what `make run` is filled with, and the drive through the main job.

Sits on top of everything, is imported by nothing, and is not installed in production.
"""
