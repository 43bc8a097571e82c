/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A module that is no backend: see tests/test-thimble.c. */

int thr_this_is_not_a_backend (void);

int
thr_this_is_not_a_backend (void)
{
  return 0;
}
