/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Ten workers that are subscribed to one channel: each line that is typed is
 * published there. */

#include "console.h"

#include <thr-glib/thr-glib.h>

#include <stdio.h>

#define MAX_WORKERS 1000

/* On the thread of each worker. */
static gboolean
print (ThrWorker *worker,
       ThrEvent  *event,
       gpointer   user_data,
       GError   **error)
{
  g_autofree char *name = thr_worker_dup_name (worker);

  printf ("%s received “%s”\n", name, g_value_get_string (thr_event_get_value (event)));
  return TRUE;
}

static ThrWorker *
printer_new (int         nth,
             ThrChannel *channel,
             GError    **error)
{
  g_autofree char *name = g_strdup_printf ("worker %d", nth);
  g_autoptr (ThrWorker) worker = thr_worker_new (name, NULL, NULL, NULL);

  thr_worker_listen (worker, "PRINT", print, NULL, NULL);
  if (!thr_worker_start (worker, error) || !thr_channel_sub (channel, worker, error))
    return NULL;
  return g_steal_pointer (&worker);
}

static gboolean
publish (const char *line,
         gpointer    user_data)
{
  g_auto (GValue) value = G_VALUE_INIT;

  g_value_init (&value, G_TYPE_STRING);
  g_value_set_string (&value, line);
  thr_channel_pub (user_data, "PRINT", &value, NULL);
  return TRUE;
}

int
main (int    argc,
      char **argv)
{
  int n_workers = 10;
  GOptionEntry entries[] = {
    { "workers", 'n', 0, G_OPTION_ARG_INT, &n_workers, "How many workers (default: 10)", "N" },
    G_OPTION_ENTRY_NULL
  };
  g_autoptr (ThrChannel) channel = NULL;
  g_autoptr (GPtrArray) workers = NULL;
  g_autoptr (GError) error = NULL;

  console_parse_options (&argc, &argv, entries,
                         "Publishes each line that is typed in a channel, for ten workers to hear.",
                         "The end of the input ends the program, and Ctrl-C does with exit\n"
                         "status 130; what was published before is still heard.");
  if (n_workers < 1 || n_workers > MAX_WORKERS)
    console_bad_option ("--workers takes a number from 1 to 1000");

  channel = thr_channel_new ();
  workers = g_ptr_array_new_with_free_func (g_object_unref);
  for (int i = 1; i <= n_workers && error == NULL; i++)
    {
      ThrWorker *worker = printer_new (i, channel, &error);

      if (worker != NULL)
        g_ptr_array_add (workers, worker);
    }

  if (error == NULL)
    console_run (publish, channel);
  else
    fprintf (stderr, "channel: %s\n", error->message);

  /* First all are told, and then each is waited for. */
  for (guint i = 0; i < workers->len; i++)
    thr_worker_stop (workers->pdata[i]);
  for (guint i = 0; i < workers->len; i++)
    thr_worker_join (workers->pdata[i], THR_FOREVER, NULL);
  return error == NULL ? console_exit_status () : 1;
}
