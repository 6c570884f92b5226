/*
 * Where an object stands in a folder of manifests: what a message carries as `origin`.
 * Nothing else.
 */
#ifndef WEIR_MANIFEST_ADDRESS_H
#define WEIR_MANIFEST_ADDRESS_H

struct manifest_address {
	const char *file;  /* the path as weir was given it, and what it found below */
	unsigned document; /* in the file, from 0; every YAML document counts, empty ones too */
	int item;	   /* in the `items` of a List; -1: the document itself is the object */
};

#endif
