"""Django's registration of the kernel."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class KernelConfig(AppConfig):
    """Loads every app's handlers, so that each process can both emit and relay events."""

    name = "bakery.kernel"
    label = "kernel"
    verbose_name = "Records of the platform"
    console_position = 90

    def ready(self) -> None:
        """Register the handlers of all installed apps."""
        autodiscover_modules("handlers")
