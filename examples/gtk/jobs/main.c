/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "jobs-application.h"

int
main (int    argc,
      char **argv)
{
  g_autoptr (JobsApplication) application = jobs_application_new ();

  g_set_application_name ("Jobs");
  return g_application_run (G_APPLICATION (application), argc, argv);
}
