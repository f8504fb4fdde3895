"""Printers: a document becomes one job of bytes, the job goes to paper exactly once or its outcome is *unknown*.

Importing this package costs nothing; drawing and the printer library are loaded with the first document.
"""
