"""Certificates of analysis against the law: :func:`~.certificate.judge` holds one against a state's limits."""
