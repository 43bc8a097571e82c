/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Where there is no libFuzzer: tries what it has found before, each file of the
 * folders that are given. */

#include "config.h"

#include "fuzz.h"

int
main (int   argc,
      char *argv[])
{
  guint n = 0;

  for (int i = 1; i < argc; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GDir) dir = g_dir_open (argv[i], 0, &error);
      const char *name;

      g_assert_no_error (error);
      while ((name = g_dir_read_name (dir)) != NULL)
        {
          g_autofree char *path = g_build_filename (argv[i], name, NULL);
          g_autofree char *content = NULL;
          gsize length;

          g_print ("# %s\n", path);
          g_file_get_contents (path, &content, &length, &error);
          g_assert_no_error (error);
          LLVMFuzzerTestOneInput ((const guint8 *) content, length);
          n++;
        }
    }
  g_print ("# %u inputs\n", n);

  return n > 0 ? 0 : 1;
}
