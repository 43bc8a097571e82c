/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <thr-glib/thr-glib.h>

static gboolean
multiply (ThrThreadWrapper *thread,
          gpointer          user_data,
          GError          **error)
{
  return thr_thread_wrapper_return_int (thread, 6 * GPOINTER_TO_INT (user_data), error);
}

int
main (void)
{
  g_autoptr (ThrThreadManager) manager = thr_thread_manager_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (ThrThreadWrapper) thread = NULL;

  thread = thr_thread_manager_do_async (manager, "multiply", multiply, GINT_TO_POINTER (7), NULL);
  if (!thr_thread_wrapper_join (thread, 10 * G_USEC_PER_SEC, NULL, &error))
    g_error ("%s", error->message);

  g_print ("%s of %d.%d: %" G_GINT64_FORMAT "\n", thr_thread_wrapper_get_ident (thread),
           THR_MAJOR_VERSION, THR_MINOR_VERSION,
           g_value_get_int64 (thr_thread_wrapper_get_result (thread)));
  return g_value_get_int64 (thr_thread_wrapper_get_result (thread)) == 42 ? 0 : 1;
}
