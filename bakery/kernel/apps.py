"""Django's registration of the kernel."""

import gc

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class KernelConfig(AppConfig):
    """Loads every app's handlers, so that each process can both emit and relay events."""

    name = "bakery.kernel"
    label = "kernel"
    verbose_name = "Records of the platform"
    console_position = 90

    def ready(self) -> None:
        """Register the handlers of all installed apps, and let the collector pass over them.

        What is loaded by now lives as long as the process. Looking through it again and again took
        an eighth of the CPU of a page of the console.
        """
        autodiscover_modules("handlers")
        gc.freeze()
        gc.set_threshold(20_000, 20, 50)
