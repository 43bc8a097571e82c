/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "console.h"

#include <gio/gio.h>
#include <gio/gunixinputstream.h>
#include <glib-unix.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The shell's for a program that was ended by SIGINT. */
#define EXIT_INTERRUPTED 130
#define EXIT_USAGE 2

typedef struct
{
  GMainLoop *loop;
  GDataInputStream *input;
  ConsoleFunc func;
  gpointer user_data;
} Console;

static GCancellable *reading; /* what is typed, in console_run() */
static gboolean interrupted;
static guint interrupt; /* the source that hears Ctrl-C */

/* On the main thread: ends console_run(). */
void
console_quit (void)
{
  if (reading != NULL)
    g_cancellable_cancel (reading);
}

static gboolean
interrupt_cb (gpointer user_data)
{
  interrupted = TRUE;
  console_quit ();
  return G_SOURCE_CONTINUE;
}

/* What is wrong with the command line is told in one sentence. */
void
console_bad_option (const char *message)
{
  fprintf (stderr, "%s: %s (see --help)\n", g_get_prgname (), message);
  exit (EXIT_USAGE);
}

void
console_parse_options (int          *argc,
                       char       ***argv,
                       GOptionEntry *entries,
                       const char   *summary,
                       const char   *description)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;

  setlocale (LC_ALL, "");
  /* A line is to be seen as soon as it is printed, also in a pipe. */
  setvbuf (stdout, NULL, _IOLBF, 0);

  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_set_summary (context, summary);
  g_option_context_set_description (context, description);
  if (!g_option_context_parse (context, argc, argv, &error))
    console_bad_option (error->message);
  if (*argc > 1)
    console_bad_option ("there are only options");

  /* Before any worker says that it is there. */
  interrupt = g_unix_signal_add (SIGINT, interrupt_cb, NULL);
}

static void read_next (Console *self);

static void
line_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  Console *self = user_data;
  g_autofree char *line = NULL;
  g_autoptr (GError) error = NULL;

  line = g_data_input_stream_read_line_finish_utf8 (self->input, result, NULL, &error);
  if (error != NULL && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    fprintf (stderr, "%s: cannot read the input: %s\n", g_get_prgname (), error->message);

  if (line != NULL && !g_cancellable_is_cancelled (reading) &&
      self->func (g_strstrip (line), self->user_data))
    read_next (self);
  else
    g_main_loop_quit (self->loop);
}

static void
read_next (Console *self)
{
  if (isatty (STDIN_FILENO) && isatty (STDOUT_FILENO))
    {
      printf ("> ");
      fflush (stdout);
    }
  g_data_input_stream_read_line_async (self->input, G_PRIORITY_DEFAULT, reading, line_cb,
                                       self);
}

/* Runs the main loop, and calls a function for each line that is typed: until
 * the function says that it is enough, the input ends, or Ctrl-C is pressed.
 * FALSE in the last case. */
gboolean
console_run (ConsoleFunc func,
             gpointer    user_data)
{
  g_autoptr (GInputStream) terminal = g_unix_input_stream_new (STDIN_FILENO, FALSE);
  g_autoptr (GDataInputStream) input = g_data_input_stream_new (terminal);
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  Console self = { loop, input, func, user_data };

  reading = g_cancellable_new ();
  read_next (&self);
  g_main_loop_run (loop);
  g_clear_object (&reading);
  /* From now on Ctrl-C is what it was before: whatever is cleaned up, a second
   * one ends the program at once. */
  g_clear_handle_id (&interrupt, g_source_remove);
  return !interrupted;
}

/* What main() returns. */
int
console_exit_status (void)
{
  if (!interrupted)
    return EXIT_SUCCESS;
  fprintf (stderr, "%s: interrupted\n", g_get_prgname ());
  return EXIT_INTERRUPTED;
}
