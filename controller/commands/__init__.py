"""The commands of `indivis`, one per module, loaded only when asked for (see `controller.cli`)."""
