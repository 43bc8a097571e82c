/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A sentence of the library in German and in French. LANGUAGE chooses, but only
 * outside of the C locale: tests/meson.build makes a German one. */

#include "config.h"

#include "thr-test.h"

#include <locale.h>

static void
check_sentence (gconstpointer data)
{
  const char *language = data;
  g_autoptr (ThrThreadManager) manager = thr_thread_manager_new ();
  g_autoptr (ThrThreadWrapper) job = thr_thread_manager_do_manual (manager, NULL);
  g_autofree char *percent = NULL;
  g_autoptr (GError) error = NULL;

  thr_thread_wrapper_set_progress (job, 0.42);
  percent = thr_thread_wrapper_dup_fraction_text (job);
  thr_thread_wrapper_cancel (job);
  g_assert_false (thr_thread_manager_run (manager, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_NO_THREADS_FOUND);
  g_print ("%s: %s, %s\n", language, percent, error->message);
}

static void
test_sentence (gconstpointer data)
{
  const char *const *expected = data;

  if (setlocale (LC_ALL, "de_DE.UTF-8") == NULL)
    {
      thr_test_skip ("There is no locale de_DE.UTF-8, nor localedef to make it");
      return;
    }

  /* Read once: a process of its own for each language. */
  g_setenv ("LANGUAGE", expected[0], TRUE);
  g_setenv ("LC_ALL", "de_DE.UTF-8", TRUE);
  g_test_trap_subprocess (expected[1], 0, 0);
  g_test_trap_assert_passed ();
  g_test_trap_assert_stdout (expected[2]);
}

static const char *german[] = { "de", "/translation/subprocess/de", "*de: 42 %, Die Warteschlange ist leer*" };
static const char *french[] = { "fr", "/translation/subprocess/fr", "*fr: 42 %, La file d’attente est vide*" };
static const char *english[] = { "en", "/translation/subprocess/en", "*en: 42 %, Nothing is queued*" };

int
main (int   argc,
      char *argv[])
{
  setlocale (LC_ALL, "");
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/translation/german", german, test_sentence);
  g_test_add_data_func ("/translation/french", french, test_sentence);
  g_test_add_data_func ("/translation/english", english, test_sentence);
  g_test_add_data_func ("/translation/subprocess/de", "de", check_sentence);
  g_test_add_data_func ("/translation/subprocess/fr", "fr", check_sentence);
  g_test_add_data_func ("/translation/subprocess/en", "en", check_sentence);

  return g_test_run ();
}
