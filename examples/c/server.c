/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A worker that serves, and that cleans up when it is stopped. Gio's sockets
 * work in its own main context: nothing of it happens on the main thread. */

#include "console.h"

#include <thr-glib/thr-glib.h>

#include <stdio.h>
#include <string.h>

typedef struct
{
  int port;
  guint n_visitors; /* the worker's thread's */
  gboolean failed;  /* the main thread's */
} Server;

/* On the server's thread, as all of these callbacks. */
static void
told_cb (GObject      *stream,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_autoptr (GSocketConnection) connection = user_data;

  /* Who has left before is not told. */
  g_output_stream_write_all_finish (G_OUTPUT_STREAM (stream), result, NULL, NULL);
  g_io_stream_close_async (G_IO_STREAM (connection), G_PRIORITY_DEFAULT, NULL, NULL, NULL);
}

static gboolean
incoming_cb (GSocketService    *service,
             GSocketConnection *connection,
             GObject           *source,
             gpointer           user_data)
{
  Server *self = user_data;
  char *text = g_strdup_printf ("You are visitor %u.\n", ++self->n_visitors);

  g_object_set_data_full (G_OBJECT (connection), "text", text, g_free);
  g_output_stream_write_all_async (g_io_stream_get_output_stream (G_IO_STREAM (connection)), text,
                                   strlen (text), G_PRIORITY_DEFAULT, NULL, told_cb,
                                   g_object_ref (connection));
  return TRUE;
}

static gboolean
serve (ThrWorker *worker,
       gpointer   user_data,
       GError   **error)
{
  Server *self = user_data;
  g_autoptr (GSocketService) service = g_socket_service_new ();
  g_autoptr (GInetAddress) address = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) wanted = g_inet_socket_address_new (address, (guint16) self->port);
  g_autoptr (GSocketAddress) given = NULL;

  if (!g_socket_listener_add_address (G_SOCKET_LISTENER (service), wanted, G_SOCKET_TYPE_STREAM,
                                      G_SOCKET_PROTOCOL_TCP, NULL, &given, error))
    return FALSE;
  g_signal_connect (service, "incoming", G_CALLBACK (incoming_cb), self);
  printf ("listening on port %d\n",
          g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (given)));

  /* Until it is stopped. */
  thr_worker_wait_forever (worker, error);

  g_socket_service_stop (service);
  g_socket_listener_close (G_SOCKET_LISTENER (service));
  printf ("closed after %u visitors\n", self->n_visitors);
  return FALSE;
}

static gboolean
obey (const char *command,
      gpointer    user_data)
{
  return strcmp (command, "exit") != 0;
}

/* On the main thread, whose worker is the parent of the server's: it hears when
 * one of its children has failed. */
static gboolean
child_failed (ThrWorker *main_worker,
              ThrEvent  *event,
              gpointer   user_data,
              GError   **error)
{
  const GError *failure = g_value_get_boxed (thr_event_get_value (event));
  Server *self = user_data;

  fprintf (stderr, "server: %s\n", failure->message);
  self->failed = TRUE;
  console_quit ();
  return TRUE;
}

int
main (int    argc,
      char **argv)
{
  Server self = { 0 };
  GOptionEntry entries[] = {
    { "port", 'p', 0, G_OPTION_ARG_INT, &self.port, "Where to listen (default: any free port)", "N" },
    G_OPTION_ENTRY_NULL
  };
  g_autoptr (ThrWorker) worker = NULL;
  g_autoptr (GError) error = NULL;

  console_parse_options (&argc, &argv, entries,
                         "A server on this computer that tells each visitor his number.",
                         "Type exit, end the input or press Ctrl-C (exit status 130): the server is\n"
                         "stopped, and cleans up.");
  if (self.port < 0 || self.port > G_MAXUINT16)
    console_bad_option ("--port takes a number from 0 to 65535");

  worker = thr_worker_new ("server", serve, &self, NULL);
  thr_worker_set_parent (worker, thr_worker_main (), NULL);
  thr_worker_listen (thr_worker_main (), THR_EVENT_CHILD_THREAD_ERROR, child_failed, &self, NULL);
  if (!thr_worker_start (worker, &error))
    {
      fprintf (stderr, "server: %s\n", error->message);
      return 1;
    }

  console_run (obey, NULL);
  thr_worker_stop (worker);
  if (thr_worker_join (worker, THR_FOREVER, &error))
    return console_exit_status ();
  if (!self.failed)
    fprintf (stderr, "server: %s\n", error->message);
  return 1;
}
