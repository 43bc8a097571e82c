/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A worker that prints what it hears: each line that is typed is fired at it as
 * an event. */

#include "console.h"

#include <thr-glib/thr-glib.h>

#include <stdio.h>

/* On the printer's thread. */
static gboolean
print (ThrWorker *worker,
       ThrEvent  *event,
       gpointer   user_data,
       GError   **error)
{
  guint *n_printed = user_data;

  printf ("%u: %s\n", ++*n_printed, g_value_get_string (thr_event_get_value (event)));
  return TRUE;
}

/* On the main thread. */
static gboolean
fire_line (const char *line,
           gpointer    user_data)
{
  g_auto (GValue) value = G_VALUE_INIT;

  g_value_init (&value, G_TYPE_STRING);
  g_value_set_string (&value, line);
  thr_worker_fire (user_data, "PRINT", &value, NULL);
  return TRUE;
}

int
main (int    argc,
      char **argv)
{
  GOptionEntry entries[] = { G_OPTION_ENTRY_NULL };
  g_autoptr (GError) error = NULL;
  ThrWorker *printer;
  guint n_printed = 0;
  int status = 0;

  console_parse_options (&argc, &argv, entries,
                         "Prints each line that is typed, with its number, in a worker.",
                         "The end of the input ends the program, and Ctrl-C does with exit\n"
                         "status 130; what was typed before is still printed.");

  /* Without a function it waits for events until it is stopped. */
  printer = thr_worker_new ("printer", NULL, NULL, NULL);
  thr_worker_listen (printer, "PRINT", print, &n_printed, NULL);
  if (thr_worker_start (printer, &error))
    {
      console_run (fire_line, printer);
      /* Comes after what was fired before. */
      thr_worker_stop (printer);
      thr_worker_join (printer, THR_FOREVER, NULL);
      status = console_exit_status ();
    }
  else
    {
      fprintf (stderr, "printer: %s\n", error->message);
      status = 1;
    }
  g_object_unref (printer);
  return status;
}
