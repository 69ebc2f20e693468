"""The project: how everything is wired. Business rooms are under `apps`."""
