/*
 * Calls that must not compile. The GNUmakefile puts this file in front of every source. The
 * headers that declare these functions come first, so that only our own calls are met; -Werror=
 * implicit then makes each of them an error that says what it is.
 */
#ifndef WEIR_BANNED_H
#define WEIR_BANNED_H

#include <alloca.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

#define BANNED(name) name##_is_banned_see_bus_banned_h()

/* No bound on what they write: buf.h, alloc_format. */
#undef strcpy
#define strcpy(...) BANNED(strcpy)
#undef strcat
#define strcat(...) BANNED(strcat)
#undef stpcpy
#define stpcpy(...) BANNED(stpcpy)
#undef sprintf
#define sprintf(...) BANNED(sprintf)
#undef vsprintf
#define vsprintf(...) BANNED(vsprintf)
#undef gets
#define gets(...) BANNED(gets)

/* A bound, but perhaps no NUL: alloc_text, buf_append. */
#undef strncpy
#define strncpy(...) BANNED(strncpy)
#undef strncat
#define strncat(...) BANNED(strncat)
#undef stpncpy
#define stpncpy(...) BANNED(stpncpy)

/* No bound on the stack. */
#undef alloca
#define alloca(...) BANNED(alloca)
#undef strdupa
#define strdupa(...) BANNED(strdupa)
#undef strndupa
#define strndupa(...) BANNED(strndupa)

/* NULL when memory is out: alloc_string, alloc_text, alloc_format (which is where vasprintf
 * is called). */
#undef strdup
#define strdup(...) BANNED(strdup)
#undef strndup
#define strndup(...) BANNED(strndup)
#undef asprintf
#define asprintf(...) BANNED(asprintf)

/* Hidden state, or their argument is written to. */
#undef strtok
#define strtok(...) BANNED(strtok)
#undef strsep
#define strsep(...) BANNED(strsep)
#undef asctime
#define asctime(...) BANNED(asctime)
#undef ctime
#define ctime(...) BANNED(ctime)
#undef gmtime
#define gmtime(...) BANNED(gmtime)
#undef localtime
#define localtime(...) BANNED(localtime)

/* Garbage and overflow go unnoticed: strtoull and its errors. */
#undef atoi
#define atoi(...) BANNED(atoi)
#undef atol
#define atol(...) BANNED(atol)
#undef atoll
#define atoll(...) BANNED(atoll)
#undef atof
#define atof(...) BANNED(atof)

/* A shell reads what they are given. */
#undef system
#define system(...) BANNED(system)
#undef popen
#define popen(...) BANNED(popen)

/* Somebody else may be there first: mkstemp, O_EXCL. */
#undef mktemp
#define mktemp(...) BANNED(mktemp)
#undef tmpnam
#define tmpnam(...) BANNED(tmpnam)
#undef tempnam
#define tempnam(...) BANNED(tempnam)

/* Not random: getrandom. */
#undef rand
#define rand(...) BANNED(rand)
#undef srand
#define srand(...) BANNED(srand)
#undef random
#define random(...) BANNED(random)
#undef srandom
#define srandom(...) BANNED(srandom)

/* The loop is what waits. */
#undef sleep
#define sleep(...) BANNED(sleep)
#undef usleep
#define usleep(...) BANNED(usleep)

#endif
