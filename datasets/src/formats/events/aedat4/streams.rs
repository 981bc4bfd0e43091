//! The streams of an AEDAT 4 file, out of the XML in its header.
//!
//! ```text
//! <dv version="2.0"><node name="outInfo" path="/outInfo/">
//!     <node name="0" path="/outInfo/0/">
//!         <attr key="typeIdentifier" type="string">EVTS</attr>
//!         <node name="info" path="/outInfo/0/info/">
//!             <attr key="sizeX" type="int">346</attr>
//!             <attr key="sizeY" type="int">260</attr>
//! ```
//!
//! Only this form is read, that of the publisher's writers: nodes by name, attributes by key, plain text within.

use super::super::Size;

/// A stream of events.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Stream {
    /// Its number, which its packets carry.
    pub(super) id: i32,
    /// Width and height of the sensor, where the file tells them.
    pub(super) size: Option<Size>,
}

/// The streams of type `EVTS`, in the order of the file.
pub(super) fn event_streams(xml: &str) -> Vec<Stream> {
    let mut found = Vec::new();
    let mut nodes: Vec<Node> = Vec::new();
    for part in xml.split('<').skip(1) {
        let (tag, text) = part.split_once('>').unwrap_or((part, ""));
        if tag.starts_with("node") {
            let name = quoted(tag, " name=\"").unwrap_or_default();
            if !tag.ends_with('/') {
                nodes.push(Node { name, ..Node::default() });
            }
        } else if tag == "/node" {
            let Some(node) = nodes.pop() else { continue };
            match nodes.as_mut_slice() {
                [root] if root.name == "outInfo" && node.kind == "EVTS" => {
                    if let Ok(id) = node.name.parse() {
                        found.push(Stream { id, size: node.width.zip(node.height) });
                    }
                }
                [root, stream] if root.name == "outInfo" && node.name == "info" => {
                    (stream.width, stream.height) = (node.width, node.height);
                }
                _ => {}
            }
        } else if tag.starts_with("attr")
            && let Some(node) = nodes.last_mut()
        {
            match quoted(tag, " key=\"") {
                Some("typeIdentifier") => node.kind = text,
                Some("sizeX") => node.width = text.parse().ok(),
                Some("sizeY") => node.height = text.parse().ok(),
                _ => {}
            }
        }
    }
    found
}

/// A node whose end has not come yet.
#[derive(Default)]
struct Node<'a> {
    name: &'a str,
    kind: &'a str,
    width: Option<u32>,
    height: Option<u32>,
}

/// What stands in `tag` between `before` and the next quotation mark.
fn quoted<'a>(tag: &'a str, before: &str) -> Option<&'a str> {
    tag.split_once(before)?.1.split_once('"').map(|(value, _)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_of_events_are_found_among_others() {
        let xml = r#"<dv version="2.0"><node name="outInfo" path="/outInfo/">
            <node name="0" path="/outInfo/0/"><attr key="typeIdentifier" type="string">FRME</attr>
                <node name="info" path="/outInfo/0/info/"><attr key="sizeX" type="int">8</attr></node></node>
            <node name="3" path="/outInfo/3/"><node name="info" path="/outInfo/3/info/">
                <attr key="sizeX" type="int">346</attr><attr key="sizeY" type="int">260</attr></node>
                <attr key="typeIdentifier" type="string">EVTS</attr></node>
            <node name="5"><attr key="typeIdentifier" type="string">EVTS</attr><node name="info"/></node>
            </node></dv>"#;
        let expected = [Stream { id: 3, size: Some((346, 260)) }, Stream { id: 5, size: None }];
        assert_eq!(event_streams(xml), expected);
    }

    #[test]
    fn text_that_is_no_xml_has_no_streams() {
        assert_eq!(event_streams("</node></node><attr key=\"sizeX\">3<node name=\"outInfo\"><"), []);
    }
}
