/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "base/thr-i18n-private.h"

#include <libintl.h>

/* A library has no main() in which to bind its domain: the first sentence that
 * is asked for does it. */
static void
bind_domain (void)
{
  static gsize bound;

  if (g_once_init_enter (&bound))
    {
      const char *folder = g_getenv ("THR_LOCALE_DIR");

      bindtextdomain (GETTEXT_PACKAGE, folder != NULL ? folder : THR_LOCALE_DIR);
      bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
      g_once_init_leave (&bound, 1);
    }
}

const char *
thr_gettext (const char *text)
{
  bind_domain ();
  return g_dgettext (GETTEXT_PACKAGE, text);
}

const char *
thr_ngettext (const char *singular,
              const char *plural,
              gulong      n)
{
  bind_domain ();
  return g_dngettext (GETTEXT_PACKAGE, singular, plural, n);
}
