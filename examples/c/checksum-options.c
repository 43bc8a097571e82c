/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "checksum-options.h"

#define MAX_JOBS 1024

gboolean
parse_options (int      argc,
               char   **argv,
               char   **folder,
               guint   *n_threads,
               GError **error)
{
  g_auto (GStrv) folders = NULL;
  int jobs = MIN (g_get_num_processors (), MAX_JOBS);
  GOptionEntry entries[] = {
    { "jobs", 'j', 0, G_OPTION_ARG_INT, &jobs,
      "Hash so many files at a time (default: one for each processor)", "N" },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &folders, NULL, "[DIR]" },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_set_summary (
    context,
    "Prints the SHA-256 of every regular file below DIR (default /usr/share) as\n"
    "sha256sum does, sorted by path: “checksum DIR | sha256sum -c” checks them.\n"
    "Symbolic links below DIR are not followed.");
  g_option_context_set_description (
    context,
    "Exit status: 0 if all is well, 1 if a file or folder could not be read, 2 if\n"
    "the arguments make no sense, 130 if interrupted with Ctrl-C.");
  if (!g_option_context_parse (context, &argc, &argv, error))
    return FALSE;

  if (jobs < 1 || jobs > MAX_JOBS)
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                   "--jobs takes a number from 1 to %d, not %d", MAX_JOBS, jobs);
      return FALSE;
    }
  if (folders != NULL && folders[1] != NULL)
    {
      g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                           "one DIR at a time, please");
      return FALSE;
    }

  *n_threads = jobs;
  *folder = g_strdup (folders != NULL ? folders[0] : "/usr/share");
  return TRUE;
}
