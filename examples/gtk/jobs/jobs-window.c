/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The window: what is going on, what came of it, and what to do about it. What it
 * shows is bound in jobs-window.ui. */

#include "jobs-window.h"

#include "jobs-row.h"
#include "jobs-save.h"
#include "jobs-work.h"

struct _JobsWindow
{
  GtkApplicationWindow parent_instance;

  ThrThreadManager *manager;
  GFile *root;
  GListModel *folders;                   /* the items of the job that finds them */
  GListStore *results[JOBS_N_WORKS];     /* the items of the jobs of that kind */
  GtkNativeDialog *chooser;              /* while it is open */

  /* From the template. */
  GtkLabel *subtitle;
  GtkStack *left;
  GtkSingleSelection *selection;
  GtkFilterListModel *shown;
  GtkFilter *unfinished;
  GtkFlattenListModel *lists[JOBS_N_WORKS];
  GtkSpinButton *limit;
  GtkEditable *text;
};

enum
{
  PROP_MANAGER = 1,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

G_DEFINE_FINAL_TYPE (JobsWindow, jobs_window, GTK_TYPE_APPLICATION_WINDOW)

/* ---- jobs ---- */

/* A job of this window: whatever becomes of it, it is over when the window goes. */
static void
begin (JobsWindow       *self,
       ThrThreadWrapper *job)
{
  g_autoptr (GError) error = NULL;

  thr_thread_wrapper_bind_to (job, G_OBJECT (self));
  if (!thr_thread_manager_submit (self->manager, job, &error))
    gtk_label_set_label (self->subtitle, error->message);
}

static GListModel *
begin_task (JobsWindow   *self,
            const char   *title,
            ThrThreadFunc func,
            GFile        *folder,
            const char   *tag)
{
  JobsTask *task = jobs_task_new (self->root, folder, gtk_editable_get_text (self->text));
  g_autofree char *label = jobs_task_label (task);
  g_autofree char *name = g_strdup_printf ("%s %s", title, label);
  g_autoptr (ThrThreadWrapper) job = NULL;
  const char *tags[] = { tag, NULL };

  job = thr_thread_wrapper_new (name, func, task, (GDestroyNotify) jobs_task_free);
  thr_thread_wrapper_set_tags (job, tags);
  begin (self, job);
  return g_object_ref (thr_thread_wrapper_get_items (job));
}

static void
begin_work (JobsWindow *self,
            guint       kind,
            GFile      *folder)
{
  const JobsWork *work = &jobs_works[kind];
  g_autoptr (GListModel) items = begin_task (self, work->title, work->func, folder, work->tag);

  g_list_store_append (self->results[kind], items);
}

/* All jobs, or those with the tag. */
static void
cancel_all (JobsWindow *self,
            const char *tag)
{
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (self->manager)); i++)
    {
      g_autoptr (ThrThreadWrapper) job = g_list_model_get_item (G_LIST_MODEL (self->manager), i);

      if (tag == NULL || thr_thread_wrapper_has_tag (job, tag))
        thr_thread_wrapper_cancel (job);
    }
}

static void
folders_found_cb (GListModel *folders,
                  guint       position,
                  guint       n_removed,
                  guint       n_added,
                  JobsWindow *self)
{
  for (guint i = position; i < position + n_added; i++)
    {
      g_autoptr (GFile) folder = g_list_model_get_item (folders, i);

      for (guint kind = 0; kind < JOBS_N_WORKS; kind++)
        begin_work (self, kind, folder);
    }
}

/* Works on all folders in it, as soon as they are found. */
void
jobs_window_open (JobsWindow *self,
                  GFile      *folder)
{
  g_autofree char *name = g_file_get_basename (folder);
  g_autofree char *path = g_file_get_parse_name (folder);

  g_set_object (&self->root, folder);
  gtk_label_set_label (self->subtitle, name);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->subtitle), path);
  gtk_widget_set_visible (GTK_WIDGET (self->subtitle), TRUE);
  gtk_stack_set_visible_child_name (self->left, "jobs");
  g_simple_action_set_enabled (G_SIMPLE_ACTION (g_action_map_lookup_action (G_ACTION_MAP (self), "save")), TRUE);

  cancel_all (self, NULL);
  for (guint kind = 0; kind < JOBS_N_WORKS; kind++)
    g_list_store_remove_all (self->results[kind]);

  if (self->folders != NULL)
    g_signal_handlers_disconnect_by_data (self->folders, self);
  g_clear_object (&self->folders);
  self->folders = begin_task (self, "Folders in", jobs_find_folders, folder, "folders");
  g_signal_connect_object (self->folders, "items-changed", G_CALLBACK (folders_found_cb), self, 0);
}

/* Searches the folders for another text. */
void
jobs_window_search (JobsWindow *self,
                    const char *text)
{
  gtk_editable_set_text (self->text, text);
  if (self->folders == NULL)
    return;

  cancel_all (self, jobs_works[JOBS_FOUND].tag);
  g_list_store_remove_all (self->results[JOBS_FOUND]);
  for (guint i = 0; i < g_list_model_get_n_items (self->folders); i++)
    {
      g_autoptr (GFile) folder = g_list_model_get_item (self->folders, i);

      begin_work (self, JOBS_FOUND, folder);
    }
}

/* ---- what the window shows ---- */

static char *
summary_of (JobsWindow *self,
            guint       n_running,
            guint       n_queued)
{
  if (n_running + n_queued == 0)
    return g_strdup ("Nothing is going on");
  return g_strdup_printf ("%u running, %u waiting", n_running, n_queued);
}

/* A progress that is not known is -1, and a bar has nothing below 0. */
static double
fraction_of (JobsWindow *self,
             double progress)
{
  return MAX (progress, 0);
}

static char *
counted (GObject    *page,
         const char *title,
         guint       n_items)
{
  return g_strdup_printf ("%s (%u)", title, n_items);
}

/* A filter does not see by itself what becomes of those that it lets through. */
static void
history_changed_cb (GListModel *history,
                    guint       position,
                    guint       n_removed,
                    guint       n_added,
                    JobsWindow *self)
{
  GtkWidget *focus;

  gtk_filter_changed (self->unfinished, GTK_FILTER_CHANGE_MORE_STRICT);

  /* GTK would leave the keys to a row that is no longer there. */
  focus = gtk_window_get_focus (GTK_WINDOW (self));
  if (focus != NULL && !gtk_widget_get_mapped (focus))
    gtk_window_set_focus (GTK_WINDOW (self), NULL);
}

/* ---- what the user does ---- */

static void
folder_chosen_cb (GtkNativeDialog *chooser,
                  int              response,
                  JobsWindow      *self)
{
  if (response == GTK_RESPONSE_ACCEPT)
    {
      g_autoptr (GFile) folder = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (chooser));

      jobs_window_open (self, folder);
    }
  g_clear_object (&self->chooser);
}

/* No window holds such a dialog: it goes with the answer, or with this window. */
static void
open_activated (GSimpleAction *action,
                GVariant      *parameter,
                gpointer       user_data)
{
  JobsWindow *self = user_data;

  if (self->chooser == NULL)
    {
      self->chooser = GTK_NATIVE_DIALOG (gtk_file_chooser_native_new (
        "Open Folder", GTK_WINDOW (self), GTK_FILE_CHOOSER_ACTION_SELECT_FOLDER, NULL, NULL));
      gtk_native_dialog_set_modal (self->chooser, TRUE);
      g_signal_connect_object (self->chooser, "response", G_CALLBACK (folder_chosen_cb), self, 0);
    }
  gtk_native_dialog_show (self->chooser);
}

static void
save_activated (GSimpleAction *action,
                GVariant      *parameter,
                gpointer       user_data)
{
  JobsWindow *self = user_data;
  g_autoptr (ThrThreadWrapper) job = NULL;

  job = jobs_save_new (GTK_WINDOW (self), self->root, G_LIST_MODEL (self->lists[JOBS_CHECKSUMS]));
  begin (self, job);
}

static void
cancel_activated (GSimpleAction *action,
                  GVariant      *parameter,
                  gpointer       user_data)
{
  JobsWindow *self = user_data;
  ThrThreadWrapper *job = gtk_single_selection_get_selected_item (self->selection);

  if (job != NULL)
    thr_thread_wrapper_cancel (job);
}

static void
job_activated (GtkListView *list,
               guint        position,
               JobsWindow  *self)
{
  g_autoptr (ThrThreadWrapper) job = g_list_model_get_item (G_LIST_MODEL (self->selection), position);

  if (thr_thread_wrapper_get_paused (job))
    thr_thread_wrapper_resume (job);
  else
    thr_thread_wrapper_pause (job);
}

static void
search_activated (GtkEditable *text,
                  JobsWindow  *self)
{
  g_autofree char *wanted = g_strdup (gtk_editable_get_text (text));

  jobs_window_search (self, wanted);
}

static void
show_finished_toggled (GtkCheckButton *button,
                       JobsWindow     *self)
{
  gtk_filter_list_model_set_filter (self->shown, gtk_check_button_get_active (button) ? NULL : self->unfinished);
}

/* ---- closing it ---- */

/* The responses of the dialog are the answers themselves. */
static void
quit_answered_cb (GtkDialog        *dialog,
                  int               response,
                  ThrThreadManager *manager)
{
  gtk_window_destroy (GTK_WINDOW (dialog));
  thr_thread_manager_answer_quit (manager, response >= 0 ? response : THR_QUIT_ANSWER_STAY);
}

static ThrQuitAnswer
quit_requested_cb (ThrThreadManager *manager,
                   GtkWindow        *self)
{
  GtkWidget *dialog;

  dialog = gtk_message_dialog_new (self, GTK_DIALOG_MODAL | GTK_DIALOG_DESTROY_WITH_PARENT, GTK_MESSAGE_QUESTION,
                                   GTK_BUTTONS_NONE, "There is work going on");
  gtk_message_dialog_format_secondary_text (GTK_MESSAGE_DIALOG (dialog),
                                            "Jobs that are cancelled have to begin anew another time.");
  gtk_dialog_add_buttons (GTK_DIALOG (dialog), "_Stay", THR_QUIT_ANSWER_STAY, "_Finish First", THR_QUIT_ANSWER_DRAIN,
                          "_Cancel All", THR_QUIT_ANSWER_CANCEL, NULL);
  gtk_dialog_set_default_response (GTK_DIALOG (dialog), THR_QUIT_ANSWER_STAY);
  g_signal_connect_object (dialog, "response", G_CALLBACK (quit_answered_cb), manager, 0);
  gtk_window_present (GTK_WINDOW (dialog));
  return THR_QUIT_ANSWER_LATER;
}

static gboolean
close_requested (JobsWindow *self,
                 gpointer    user_data)
{
  return !thr_thread_manager_request_quit (self->manager);
}

/* ---- the class ---- */

static void
jobs_window_constructed (GObject *object)
{
  JobsWindow *self = JOBS_WINDOW (object);
  const GActionEntry entries[] = {
    { "open", open_activated },
    { "save", save_activated },
    { "cancel", cancel_activated },
  };
  g_autoptr (GPropertyAction) pause_all = g_property_action_new ("pause-all", self->manager, "paused");

  G_OBJECT_CLASS (jobs_window_parent_class)->constructed (object);

  g_action_map_add_action_entries (G_ACTION_MAP (self), entries, G_N_ELEMENTS (entries), self);
  g_action_map_add_action (G_ACTION_MAP (self), G_ACTION (pause_all));
  g_simple_action_set_enabled (G_SIMPLE_ACTION (g_action_map_lookup_action (G_ACTION_MAP (self), "save")), FALSE);

  g_signal_connect_object (self->manager, "quit-requested", G_CALLBACK (quit_requested_cb), self, 0);
  g_signal_connect_object (thr_thread_manager_get_history (self->manager), "items-changed",
                           G_CALLBACK (history_changed_cb), self, 0);
  g_object_bind_property (self->manager, "thread-limit", self->limit, "value",
                          G_BINDING_BIDIRECTIONAL | G_BINDING_SYNC_CREATE);
}

static void
jobs_window_dispose (GObject *object)
{
  JobsWindow *self = JOBS_WINDOW (object);

  g_clear_object (&self->chooser);
  for (guint kind = 0; kind < JOBS_N_WORKS; kind++)
    g_clear_object (&self->results[kind]);
  g_clear_object (&self->folders);
  g_clear_object (&self->root);
  g_clear_object (&self->manager);
  G_OBJECT_CLASS (jobs_window_parent_class)->dispose (object);
}

static void
jobs_window_get_property (GObject    *object,
                          guint       prop_id,
                          GValue     *value,
                          GParamSpec *pspec)
{
  g_value_set_object (value, JOBS_WINDOW (object)->manager);
}

static void
jobs_window_set_property (GObject      *object,
                          guint         prop_id,
                          const GValue *value,
                          GParamSpec   *pspec)
{
  JOBS_WINDOW (object)->manager = g_value_dup_object (value);
}

static void
jobs_window_class_init (JobsWindowClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->constructed = jobs_window_constructed;
  object_class->dispose = jobs_window_dispose;
  object_class->get_property = jobs_window_get_property;
  object_class->set_property = jobs_window_set_property;

  props[PROP_MANAGER] =
    g_param_spec_object ("manager", NULL, NULL, THR_TYPE_THREAD_MANAGER,
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);

  g_type_ensure (JOBS_TYPE_ROW);
  gtk_widget_class_set_template_from_resource (widget_class, "/org/example/jobs/jobs-window.ui");
  gtk_widget_class_bind_template_child (widget_class, JobsWindow, subtitle);
  gtk_widget_class_bind_template_child (widget_class, JobsWindow, left);
  gtk_widget_class_bind_template_child (widget_class, JobsWindow, selection);
  gtk_widget_class_bind_template_child (widget_class, JobsWindow, shown);
  gtk_widget_class_bind_template_child (widget_class, JobsWindow, unfinished);
  gtk_widget_class_bind_template_child (widget_class, JobsWindow, limit);
  gtk_widget_class_bind_template_child (widget_class, JobsWindow, text);
  for (guint kind = 0; kind < JOBS_N_WORKS; kind++)
    gtk_widget_class_bind_template_child_full (widget_class, jobs_works[kind].tag, FALSE,
                                               G_STRUCT_OFFSET (JobsWindow, lists[kind]));
  gtk_widget_class_bind_template_callback (widget_class, summary_of);
  gtk_widget_class_bind_template_callback (widget_class, fraction_of);
  gtk_widget_class_bind_template_callback (widget_class, counted);
  gtk_widget_class_bind_template_callback (widget_class, job_activated);
  gtk_widget_class_bind_template_callback (widget_class, search_activated);
  gtk_widget_class_bind_template_callback (widget_class, show_finished_toggled);
  gtk_widget_class_bind_template_callback (widget_class, close_requested);
}

static void
jobs_window_init (JobsWindow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));

  for (guint kind = 0; kind < JOBS_N_WORKS; kind++)
    {
      self->results[kind] = g_list_store_new (G_TYPE_LIST_MODEL);
      gtk_flatten_list_model_set_model (self->lists[kind], G_LIST_MODEL (self->results[kind]));
    }
}

JobsWindow *
jobs_window_new (GtkApplication   *application,
                 ThrThreadManager *manager)
{
  return g_object_new (JOBS_TYPE_WINDOW, "application", application, "manager", manager, NULL);
}
