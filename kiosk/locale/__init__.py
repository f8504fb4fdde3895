"""Message catalogues: ``<language>/LC_MESSAGES/kiosk.po``. English sentences are the keys."""
