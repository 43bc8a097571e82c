/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A worker that counts, and does what is typed: start, stop, pause, resume,
 * set N, exit. */

#include "console.h"

#include <thr-glib/thr-glib.h>

#include <stdio.h>
#include <string.h>

typedef struct
{
  ThrWorker *worker;
  gint64 interval; /* in microseconds */
  int count;       /* the worker's thread's alone, and so without a lock */
} Counter;

/* On the worker's thread, at one of its break points. */
static gboolean
set_value (ThrWorker *worker,
           ThrEvent  *event,
           gpointer   user_data,
           GError   **error)
{
  Counter *self = user_data;

  self->count = g_value_get_int (thr_event_get_value (event));
  return TRUE;
}

/* The worker's function. Each start begins anew. */
static gboolean
count_up (ThrWorker *worker,
          gpointer   user_data,
          GError   **error)
{
  Counter *self = user_data;

  self->count = 1;
  do
    printf ("%d\n", self->count++);
  while (thr_worker_wait_timeout (worker, self->interval, error));

  printf ("stopped before %d\n", self->count);
  return FALSE;
}

/* What follows is on the main thread. */

static gboolean
fire_set (Counter    *self,
          const char *number)
{
  g_auto (GValue) value = G_VALUE_INIT;
  gint64 parsed;

  if (!g_ascii_string_to_signed (number, 10, G_MININT, G_MAXINT, &parsed, NULL))
    return FALSE;
  g_value_init (&value, G_TYPE_INT);
  g_value_set_int (&value, (int) parsed);
  return thr_worker_fire (self->worker, "SET_VALUE", &value, NULL);
}

static gboolean
obey (const char *command,
      gpointer    user_data)
{
  Counter *self = user_data;
  g_autoptr (GError) error = NULL;

  if (strcmp (command, "exit") == 0)
    return FALSE;

  if (strcmp (command, "start") == 0)
    {
      /* One that is just being stopped has to end first. */
      if (!thr_worker_start (self->worker, &error))
        fprintf (stderr, "counter: %s\n", error->message);
    }
  else if (strcmp (command, "stop") == 0)
    {
      thr_worker_stop (self->worker);
      thr_worker_join (self->worker, THR_FOREVER, NULL);
    }
  else if (strcmp (command, "pause") == 0)
    thr_worker_pause (self->worker);
  else if (strcmp (command, "resume") == 0)
    thr_worker_resume (self->worker);
  else if (*command != '\0' &&
           !(g_str_has_prefix (command, "set ") && fire_set (self, command + strlen ("set "))))
    fprintf (stderr, "counter: type start, stop, pause, resume, set N or exit\n");
  return TRUE;
}

int
main (int    argc,
      char **argv)
{
  Counter self = { NULL };
  double interval = 1;
  GOptionEntry entries[] = {
    { "interval", 'i', 0, G_OPTION_ARG_DOUBLE, &interval, "Count so often (default: 1)", "SECONDS" },
    G_OPTION_ENTRY_NULL
  };

  console_parse_options (&argc, &argv, entries,
                         "A worker that counts, one number a second.",
                         "Commands: start, stop, pause, resume, set N, exit. The end of the input\n"
                         "ends the program, too, and Ctrl-C does with exit status 130.");
  if (!(interval > 0 && interval <= 86400))
    console_bad_option ("--interval takes a number of seconds up to 86400");

  self.interval = (gint64) (interval * G_USEC_PER_SEC);
  self.worker = thr_worker_new ("counter", count_up, &self, NULL);
  thr_worker_listen (self.worker, "SET_VALUE", set_value, &self, NULL);

  console_run (obey, &self);

  thr_worker_stop (self.worker);
  thr_worker_join (self.worker, THR_FOREVER, NULL);
  g_object_unref (self.worker);
  return console_exit_status ();
}
