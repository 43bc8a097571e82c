/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Writes the checksums into the folder, as sha256sum prints them; a file that is
 * there already is overwritten only if the user says so. */

#include "jobs-save.h"

#include "jobs-result.h"

#define FILE_NAME "SHA256SUMS"

typedef struct
{
  GWeakRef window;
  GFile *file;
  char *contents;
} Save;

static void
save_free (gpointer data)
{
  Save *self = data;

  g_weak_ref_clear (&self->window);
  g_object_unref (self->file);
  g_free (self->contents);
  g_free (self);
}

/* ---- on the thread of the window ---- */

typedef struct
{
  GMainLoop *loop;
  int response;
} Answer;

static void
response_cb (GtkDialog *dialog,
             int        response,
             Answer    *answer)
{
  answer->response = response;
  g_main_loop_quit (answer->loop);
}

/* With a reference: the emission, on another thread perhaps, may outlast the loop. */
static gulong
quit_at (gpointer    object,
         const char *signal,
         GMainLoop  *loop)
{
  return g_signal_connect_data (object, signal, G_CALLBACK (g_main_loop_quit), g_main_loop_ref (loop),
                                (GClosureNotify) g_main_loop_unref, G_CONNECT_SWAPPED);
}

/* The job waits meanwhile, and the window goes on: it has a loop of its own here.
 * The question goes away with the window, or when the job is cancelled. */
static gboolean
ask_cb (ThrThreadWrapper *thread,
        gpointer          user_data,
        GError          **error)
{
  Save *self = user_data;
  GCancellable *cancellable = thr_thread_wrapper_get_cancellable (thread);
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GtkWindow) window = g_weak_ref_get (&self->window);
  Answer answer = { loop, GTK_RESPONSE_CANCEL };
  GtkWidget *dialog = NULL;
  gulong cancelled;

  g_set_weak_pointer (&dialog,
                      gtk_message_dialog_new (window, GTK_DIALOG_MODAL | GTK_DIALOG_DESTROY_WITH_PARENT,
                                              GTK_MESSAGE_QUESTION, GTK_BUTTONS_NONE,
                                              "Overwrite “%s”?", FILE_NAME));
  gtk_message_dialog_format_secondary_text (GTK_MESSAGE_DIALOG (dialog),
                                            "The folder has a file of that name already. What it holds is lost then.");
  gtk_dialog_add_buttons (GTK_DIALOG (dialog), "_Keep", GTK_RESPONSE_CANCEL, "_Overwrite", GTK_RESPONSE_ACCEPT, NULL);
  gtk_dialog_set_default_response (GTK_DIALOG (dialog), GTK_RESPONSE_CANCEL);
  gtk_widget_add_css_class (gtk_dialog_get_widget_for_response (GTK_DIALOG (dialog), GTK_RESPONSE_ACCEPT),
                            "destructive-action");

  g_signal_connect (dialog, "response", G_CALLBACK (response_cb), &answer);
  quit_at (dialog, "destroy", loop);
  cancelled = quit_at (cancellable, "cancelled", loop);
  gtk_window_present (GTK_WINDOW (dialog));
  g_clear_object (&window); /* which may go meanwhile */
  if (!g_cancellable_is_cancelled (cancellable))
    g_main_loop_run (loop);
  g_signal_handler_disconnect (cancellable, cancelled);
  if (dialog != NULL)
    gtk_window_destroy (GTK_WINDOW (dialog));
  g_clear_weak_pointer (&dialog);

  if (answer.response != GTK_RESPONSE_ACCEPT)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "%s is as it was", FILE_NAME);
  return answer.response == GTK_RESPONSE_ACCEPT;
}

/* ---- on the thread of the job ---- */

static gboolean
save_func (ThrThreadWrapper *thread,
           gpointer          user_data,
           GError          **error)
{
  Save *self = user_data;
  GCancellable *cancellable = thr_thread_wrapper_get_cancellable (thread);

  if (g_file_query_exists (self->file, cancellable) &&
      !thr_thread_wrapper_invoke_sync (thread, ask_cb, self, NULL, error))
    return FALSE;

  if (!g_file_replace_contents (self->file, self->contents, strlen (self->contents), NULL, FALSE,
                                G_FILE_CREATE_NONE, NULL, cancellable, error))
    return FALSE;
  thr_thread_wrapper_set_progress (thread, 1);
  thr_thread_wrapper_set_message (thread, "Written");
  return TRUE;
}

/* ---- both ---- */

ThrThreadWrapper *
jobs_save_new (GtkWindow  *window,
               GFile      *folder,
               GListModel *checksums)
{
  Save *self = g_new0 (Save, 1);
  GString *contents = g_string_new (NULL);

  for (guint i = 0; i < g_list_model_get_n_items (checksums); i++)
    {
      g_autoptr (JobsResult) result = g_list_model_get_item (checksums, i);

      g_string_append_printf (contents, "%s  %s\n", jobs_result_get_text (result), jobs_result_get_name (result));
    }

  g_weak_ref_init (&self->window, window);
  self->file = g_file_get_child (folder, FILE_NAME);
  self->contents = g_string_free (contents, FALSE);
  return thr_thread_wrapper_new ("Save " FILE_NAME, save_func, self, save_free);
}
