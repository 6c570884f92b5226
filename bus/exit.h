/* The exit statuses, the same in every program; nothing else. */
#ifndef WEIR_EXIT_H
#define WEIR_EXIT_H

enum weir_exit {
	WEIR_EXIT_DONE = 0,	  /* everything was done */
	WEIR_EXIT_FAILED = 1,	  /* finished, but some message failed, or no answer */
	WEIR_EXIT_USAGE = 100,	  /* wrong usage or configuration: do not restart */
	WEIR_EXIT_TEMPORARY = 111 /* temporary or system failure: restart later */
};

#endif
