"""Widgets of a notebook cell: the components of ``js/shared`` over a comm to the service in the kernel."""
