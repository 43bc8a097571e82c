# SPDX-License-Identifier: LGPL-2.1-or-later
"""What has a getter in the library, as an attribute."""


def attribute(getter, setter=None):
    return property(lambda self: getter(self), setter, doc=getter.__doc__)
